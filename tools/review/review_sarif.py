# SPDX-License-Identifier: GPL-2.0-only
"""What ci/check-review holds against reviews in SARIF 2.1.0: the part of its schema that they use."""

import json
import re
from typing import Any, Dict, Iterator

# A member that is not here is not in the schema, or not used.
SARIF: Dict[str, Any] = json.loads(r'''{
 "type": "object", "required": ["$schema", "version", "runs"],
 "properties": {
  "$schema": {"type": "string", "pattern": "^https://"},
  "version": {"enum": ["2.1.0"]},
  "runs": {"type": "array", "items": {
   "type": "object", "required": ["tool", "results"],
   "properties": {
    "tool": {"type": "object", "required": ["driver"], "properties": {
     "driver": {"type": "object", "required": ["name", "rules"], "properties": {
      "name": {"type": "string", "pattern": "."},
      "informationUri": {"type": "string", "pattern": "^https?://"},
      "rules": {"type": "array", "uniqueBy": "id", "items": {"type": "object", "required": ["id"], "properties": {
       "id": {"type": "string", "pattern": "."},
       "shortDescription": {"use": "message"},
       "fullDescription": {"use": "message"},
       "help": {"use": "message"},
       "defaultConfiguration": {"type": "object", "properties": {"level": {"use": "level"}}},
       "properties": {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}}}}}}}},
    "invocations": {"type": "array", "items": {"type": "object", "required": ["executionSuccessful"], "properties": {
     "executionSuccessful": {"type": "boolean"},
     "toolExecutionNotifications": {"type": "array", "items": {"type": "object", "required": ["message"], "properties": {
      "level": {"use": "level"}, "message": {"use": "message"}, "locations": {"use": "locations"}}}}}}},
    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    "results": {"type": "array", "items": {"type": "object", "required": ["message"], "properties": {
     "ruleId": {"type": "string"},
     "ruleIndex": {"type": "integer", "minimum": -1},
     "kind": {"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
     "level": {"use": "level"},
     "message": {"use": "message"},
     "locations": {"use": "locations"},
     "partialFingerprints": {"type": "object", "properties": {"vfioReview/v1": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}},
     "suppressions": {"type": "array", "items": {"type": "object", "required": ["kind"], "properties": {
      "kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}}}},
     "baselineState": {"enum": ["new", "unchanged", "updated", "absent"]}}}}}}}},
 "defined": {
  "level": {"enum": ["none", "note", "warning", "error"]},
  "message": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "pattern": "."}}},
  "locations": {"type": "array", "items": {"type": "object", "properties": {
   "physicalLocation": {"type": "object", "required": ["artifactLocation"], "properties": {
    "artifactLocation": {"type": "object", "properties": {
     "uri": {"type": "string", "pattern": "^[^ \\\\]+$"}, "uriBaseId": {"type": "string"}}},
    "region": {"type": "object", "properties": {
     "startLine": {"type": "integer", "minimum": 1},
     "startColumn": {"type": "integer", "minimum": 1},
     "endColumn": {"type": "integer", "minimum": 1}}}}}}}}
 }
}''')
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def violations(value: Any, rule: Dict[str, Any], where: str = "log") -> Iterator[str]:
    """What of a value is not as a rule of SARIF says."""
    if "use" in rule:
        rule = SARIF["defined"][rule["use"]]
    if "enum" in rule and value not in rule["enum"]:
        yield "%s: %r is none of %s" % (where, value, ", ".join(rule["enum"]))
    if "type" in rule and not isinstance(value, TYPES[rule["type"]]):
        yield "%s: is no %s" % (where, rule["type"])
        return
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield "%s: %r does not match %s" % (where, value, rule["pattern"])
    if "minimum" in rule and value < rule["minimum"]:
        yield "%s: %d is too small" % (where, value)
    for name in rule.get("required", ()):
        if name not in value:
            yield "%s: has no %s" % (where, name)
    for name, member in value.items() if isinstance(value, dict) else ():
        if name not in rule["properties"]:
            yield "%s: %s is not in the schema" % (where, name)
        else:
            yield from violations(member, rule["properties"][name], "%s.%s" % (where, name))
    for n, item in enumerate(value) if isinstance(value, list) else ():
        yield from violations(item, rule["items"], "%s[%d]" % (where, n))
    if "uniqueBy" in rule and len({item[rule["uniqueBy"]] for item in value}) < len(value):
        yield "%s: two have one %s" % (where, rule["uniqueBy"])
