"""GitHub's command line, as far as the workflow uses it: the comments of one pull request."""

from __future__ import annotations

GH = """#!{python}
import json, pathlib, sys
file = pathlib.Path({folder!r}) / "comments"
comments = json.loads(file.read_text()) if file.exists() else []
words = sys.argv[1:]
assert words[0] == "api", words
if "--jq" in words:
    marker = words[words.index("--jq") + 1].split('startswith("')[1].split('"')[0]
    for number, body in enumerate(comments):
        if body.startswith(marker):
            print(number)
else:
    method, path = words[words.index("--method") + 1], next(each for each in words if each.startswith("repos/"))
    body = pathlib.Path(words[words.index("--field") + 1].removeprefix("body=@")).read_text()
    if method == "POST":
        comments.append(body)
    else:
        comments[int(path.rpartition("/")[2])] = body
    file.write_text(json.dumps(comments))
"""
"""A script; `python` runs it, and `folder` has the comments in the file `comments`."""
