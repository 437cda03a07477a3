"""The release, by its page and its workflow.

release.py list PAGE DIST            compares the page's list of files with those in the folder
release.py commands WORKFLOW STEP    prints the commands of a step
"""

import re
import sys
import textwrap
from pathlib import Path

# Of a build on a developer's machine, and where cargo builds.
NOT_RELEASED = re.compile(r"build/|(.*/)?provenance(\.sigstore)?\.json$")


def listed(page):
    section = page.split("## What a release has")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (?:`(.*?)`)? *\| (`.*`) \|$", section, re.MULTILINE)
    return {folder + name for folder, names in rows for name in re.findall(r"`(.*?)`", names)}


def there(dist):
    files = (path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file())
    return {name for name in files if not NOT_RELEASED.match(name)}


def commands(workflow, step):
    found = re.search(rf"^( *)- name: {re.escape(step)}$(.*?)(?=^\1- |^ {{2}}\S|\Z)", workflow, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(found[2].split("run: |\n")[1])


match sys.argv[1:]:
    case ["list", page, dist]:
        page, dist = listed(Path(page).read_text()), there(Path(dist))
        if page != dist:
            raise SystemExit(f"only on the page: {sorted(page - dist)}; only in the folder: {sorted(dist - page)}")
    case ["commands", workflow, step]:
        print(commands(Path(workflow).read_text(), step))
    case _:
        raise SystemExit(__doc__)
