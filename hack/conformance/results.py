"""What each suite left behind, as rows that can be compared: a key, a status and the tool's own reason."""

import collections
import json
import re
import sys

Row = collections.namedtuple("Row", "key status reason")
Suite = collections.namedtuple("Suite", "name home registry pinned_in pattern read")

ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
CLI = {"SUCCESS": "passed", "COMPLIANT": "passed", "ACCEPTABLE": "passed", "SKIPPED": "skipped"}
CLI_BAD = ("DEVIATION", "ERROR", "CRITICAL")
SANITY = {"pass": "passed", "skip": "skipped"}


def scim2_cli(folder):
    """`scim2 test` prints a status and a check's name on a line, and below it what it saw, in colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", open(f"{folder}/results.txt", encoding="utf-8").read())
    checks = []
    for line in text.splitlines():
        word, _, title = line.partition(" ")
        if (word in CLI or word in CLI_BAD) and title:
            checks.append([title.strip(), CLI.get(word, "failed"), ""])
        elif checks and line.startswith("  ") and not checks[-1][2]:
            checks[-1][2] = ID.sub("{id}", line.strip())
    if not checks:
        raise ValueError(text[-2000:])
    # One check runs for many attributes; only its reason tells which one it was.
    return [Row(title if status == "passed" else f"{title}: {why}", status, why) for title, status, why in checks]


def scim_sanity(folder):
    """A JSON report; a warning of strict mode counts as a failure."""
    report = json.load(open(f"{folder}/results.json", encoding="utf-8"))
    name = lambda result: ID.sub("{id}", result["name"])
    return [Row(name(r), SANITY.get(r["status"], "failed"), r.get("message", "")) for r in report["results"]]


PYPI = "hack/conformance/requirements.txt"
SUITES = {
    suite.name: suite
    for suite in (
        Suite("scim2-cli", "https://scim2-cli.readthedocs.io", "PyPI", PYPI, r"^scim2-cli==(\S+)", scim2_cli),
        Suite("scim-sanity", "https://pypi.org/project/scim-sanity", "PyPI", PYPI, r"^scim-sanity==(\S+)", scim_sanity),
    )
}


def rows(suite, folder):
    """The rows of a suite that ran; a suite that left none ends the program."""
    try:
        found = SUITES[suite].read(folder)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{suite} did not run to its end: {error}; see {folder}")
    if not found:
        sys.exit(f"{suite} ran nothing; see {folder}")
    return found


def version(suite):
    """The version that is pinned."""
    text = open(SUITES[suite].pinned_in, encoding="utf-8").read()
    return re.findall(SUITES[suite].pattern, text, re.MULTILINE)[-1]


def dialect(suite):
    """The dialect in the suite's manifest."""
    text = open(f"hack/conformance/{suite}.yaml", encoding="utf-8").read()
    return re.search(r"\bdialect: (\w+)", text)[1]
