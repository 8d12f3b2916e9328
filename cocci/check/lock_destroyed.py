# SPDX-License-Identifier: GPL-2.0-only
"""A mutex is destroyed before its memory is freed

Id: VPS-LOCK-04
Group: locking
Severity: warning
Reason: with CONFIG_DEBUG_MUTEXES mutex_destroy() finds a task that still holds the lock or takes it later. A driver
  that does so for one of its locks and not for another one has forgotten it.
Prevents: a lock that is still held, or taken again, when its memory is freed
Fix: mutex_destroy() in .release, in the .release of the file, and where the structure is freed on an error path
"""


def check(driver):
    made, ended = {}, set()
    for f in driver.functions:
        for _, call in driver.calls(f):
            if call.name in ("mutex_init", "mutex_destroy") and call.args:
                name = driver.lock_of(f, call.arg(0))
                if call.name == "mutex_init":
                    made.setdefault(name, (f, call))
                else:
                    ended.add(name)
    if not ended:
        return
    for name, (f, call) in made.items():
        if name not in ended and not name.startswith("?") and not any(e.startswith("?") and e[1:] == name[name.index("."):]
                                                                      for e in ended):
            yield driver.hit(f, call.at, "%s is never destroyed, as the driver's other locks are" % name)
