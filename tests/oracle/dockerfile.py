"""What BuildKit's own parser reads: [{"name", "text"}] on standard input, an answer for each on standard output.

TOOLS is the folder that `pip install --target` filled with `dockerfile`, a binding of BuildKit's parser."""

import json
import os
import sys

sys.path.insert(0, os.environ["TOOLS"])
import dockerfile

KNOWN = {command.lower() for command in dockerfile.all_cmds()}


def read(item):
    try:
        commands = dockerfile.parse_string(item["text"])
    except (dockerfile.GoParseError, dockerfile.GoIOError) as error:
        return {"error": str(error), "instructions": []}
    # The parser itself lets words pass that are no instruction.
    unknown = [command.cmd for command in commands if command.cmd.lower() not in KNOWN]
    return {
        "error": "unknown instruction " + unknown[0] if unknown else None,
        "instructions": [
            {
                "keyword": command.cmd.lower(),
                "start_line": command.start_line,
                "end_line": command.end_line,
                "original": command.original,
            }
            for command in commands
        ],
    }


json.dump([read(item) for item in json.load(sys.stdin)], sys.stdout)
