#!/usr/bin/env bash
# @huggingface/jinja 0.5.11 (npm), which renders chat templates for transformers.js
#
# Guess: chat templates render the same in JavaScript and in Python, and a method that is not supported throws.
# Seen:  strip, lstrip and rstrip ignore the characters they are given and strip white space. Reasoning models' templates have
#        lstrip('\n') after </think>: code loses the indentation of its first line, and the prompt is another one than in training. Other
#        characters are not stripped at all. None prints nothing, True prints true, a list prints as JSON, and '1' equals 1. The answers
#        of Python on the right are those of Jinja2 3.1.6; the script does not run it.
#
#   lstrip newlines: "x = 1"   (Python "    x = 1")
#   strip x of xxaxx: "xxaxx"   (Python "a")
#   True, None, list: true||["a", null]   (Python True|None|['a', None])
#   '1' == 1: true   (Python False)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" @huggingface/jinja@0.5.11
cat > "$folder/look.mjs" <<'JS'
import { Template } from '@huggingface/jinja';

function seen(what, template, recorded, python, context = {}) {
    const text = new Template(template).render(context);
    console.log(`${what}: ${text}   (Python ${python})${text === recorded ? '' : `    CHANGED, recorded: ${recorded}`}`);
    if (text !== recorded) process.exitCode = 1;
}

seen('lstrip newlines', `"{{ answer.split('</think>')[-1].lstrip('\\n') }}"`, '"x = 1"', '"    x = 1"',
    { answer: 'hm</think>\n\n    x = 1' });
seen('strip x of xxaxx', `"{{ 'xxaxx'.strip('x') }}"`, '"xxaxx"', '"a"');
seen('True, None, list', `{{ true }}|{{ none }}|{{ ['a', none] }}`, 'true||["a", null]', "True|None|['a', None]");
seen("'1' == 1", `{{ '1' == 1 }}`, 'true', 'False');
JS
node "$folder/look.mjs"
