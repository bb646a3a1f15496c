"""Choose, measure, order and render what one model call is shown. Pure: no clock, no ids, no input or output."""
