"""What Jinja makes of small templates, one for each construct of published chat templates, set up as transformers sets it up.

Reads the file, renders every template with its variables, and writes the texts back: a text, or null where Jinja refuses.
Entries marked `unsupported` are templates that Jinja renders and the closed interpreter refuses by name; their texts are not kept.

usage: jinja_cases.py tests/Data/tokenizers/jinja-cases.json     (recorded with Jinja 3.1.6)
"""
import datetime
import json
import sys

import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2024, 7, 6, 13, 4, 5)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def render(template, variables):
    try:
        return environment.from_string(template).render(**variables)
    except Exception:  # whatever Jinja refuses, for whatever reason
        return None


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = NOW.strftime

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    data = json.load(file)
for case in data["cases"]:
    if not case.get("unsupported"):
        case["text"] = render(case["template"], data["variables"])
with open(path, "w", encoding="utf-8", newline="\n") as file:
    file.write('{\n"variables": ' + json.dumps(data["variables"], ensure_ascii=False) + ',\n"cases": [\n')
    file.write(",\n".join(json.dumps(case, ensure_ascii=False) for case in data["cases"]))
    file.write("\n]}\n")
