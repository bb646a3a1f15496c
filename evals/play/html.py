"""placeholder"""
def write_html(path, outcome, comparison): pass
