# SPDX-License-Identifier: GPL-2.0-only
"""What was queued ends before the device does

Id: VPS-LIFE-13
Group: lifetime
Severity: error
Reason: a work item or a timer of a structure that is freed runs on freed memory. Something must cancel it, and wait.
Prevents: a use after free when the device is closed or unbound at the wrong moment
Fix: cancel_work_sync(), cancel_delayed_work_sync() or timer_shutdown_sync() in .close_device or remove, not under a
  lock that the work takes
"""

import re

END = re.compile(r"(cancel_(delayed_)?work_sync|flush_(delayed_)?work|disable_(delayed_)?work_sync|(timer_)?(del|delete|"
                 r"shutdown)_?(timer)?_sync|timer_(delete|shutdown)_sync|hrtimer_cancel|irq_work_sync|tasklet_kill|"
                 r"kthread_cancel_\w+_sync)$")
BEGIN = re.compile(r"(INIT_(DELAYED_)?WORK|timer_setup|hrtimer_(init|setup)|tasklet_setup|init_irq_work)$")


def check(driver):
    calls = [(f, c) for f in driver.functions for _, c in driver.calls(f)]
    ended = {key(driver, f, c) for f, c in calls if END.match(c.name) and c.args}
    flushed = any(re.match(r"(flush|drain|destroy)_workqueue$|mlx5_cmd_cleanup_async_ctx$", c.name) for _, c in calls)
    for f, c in calls:
        if not BEGIN.match(c.name) or not c.args:
            continue
        name = key(driver, f, c)
        if name in ended or any(e.split(".")[-1] == name.split(".")[-1] for e in ended) or flushed:
            continue
        if not re.search(r"->|\.", c.arg(0)) or any(re.search(r"destroy_work_on_stack", d.name) for _, d in calls):
            continue
        yield driver.hit(f, c.at, "%s is never cancelled" % name.replace("?.", ""))


def key(driver, f, c):
    return driver.lock_of(f, c.arg(0))
