"""The list of what may fail or be skipped, and why: hack/conformance/expected.txt."""

import re

PATH = "hack/conformance/expected.txt"
RANGES = re.compile(r"\[(\d[\d,-]*)\]$")


class Expected:
    """`runs` is how many runs a suite has at least; `groups` are [suite, why, keys] in the order of the file."""

    def __init__(self):
        self.head, self.runs, self.groups = [], {}, []
        suite = None
        for line in open(PATH, encoding="utf-8").read().splitlines():
            if line.startswith("#") and not self.runs:
                self.head.append(line)
            elif found := re.fullmatch(r"\[(\S+)\] at least (\d+) runs", line):
                suite, self.runs[found[1]] = found[1], int(found[2])
            elif line.startswith("> "):
                self.groups.append([suite, line[2:], []])
            elif line.strip():
                self.groups[-1][2].extend(spread(line.strip()))

    def why(self, suite):
        """Key -> why it may be so, for one suite."""
        return {key: why for of, why, keys in self.groups if of == suite for key in keys}

    def take_off(self, suite, mended):
        """Takes keys off the list, and reasons that none is left for."""
        for of, _, keys in self.groups:
            if of == suite:
                keys[:] = [key for key in keys if key not in mended]
        self.groups = [group for group in self.groups if group[2]]

    def write(self):
        """Writes the list back, as short as it can be said."""
        lines = list(self.head)
        for suite, runs in self.runs.items():
            lines += ["", f"[{suite}] at least {runs} runs"]
            for _, why, keys in (group for group in self.groups if group[0] == suite):
                lines += [f"> {why}", *(f"  {key}" for key in gather(keys))]
        with open(PATH, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def spread(key):
    """`test[1-3,5]` -> `test[1]`, `test[2]`, `test[3]`, `test[5]`; any other key is itself."""
    found = RANGES.search(key)
    if not found:
        return [key]
    pairs = [part.split("-") for part in found[1].split(",")]
    return [f"{key[:found.start()]}[{i}]" for pair in pairs for i in range(int(pair[0]), int(pair[-1]) + 1)]


def gather(keys):
    """The opposite of `spread`, for a list; order is kept."""
    numbers = {}
    for key in keys:
        found = RANGES.search(key)
        name = key[: found.start()] if found else key
        numbers.setdefault(name, []).extend([int(found[1])] if found else [])
    return [f"{name}[{ranges(sorted(of))}]" if of else name for name, of in numbers.items()]


def ranges(numbers):
    """1, 2, 3, 5 -> `1-3,5`."""
    parts = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
