# shellcheck shell=bash
# Where the published suites are, pinned by requirements.txt: another version is another folder. Sourced from the root
# of the project, after hack/lib.sh; starts nothing.
# shellcheck disable=SC2034

cache=target/conformance
tools=$cache/venv-$(cksum <hack/conformance/requirements.txt | cut -d' ' -f1)
