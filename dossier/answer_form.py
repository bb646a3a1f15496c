"""What is wrong with an answer that a model was asked to give in a form."""

from pydantic import BaseModel, ValidationError

_SHOWN = 5


def problem_in(raw: str, form: type[BaseModel]) -> str | None:
    """Return what is wrong with an answer and where, None if it can be read.

    Args:
        raw: The answer, which should be JSON.
        form: The model that it should fit.
    """
    try:
        form.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN]
        return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the answer'}: {one['msg']}" for one in found)
    return None
