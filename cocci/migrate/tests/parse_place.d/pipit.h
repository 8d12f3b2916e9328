/* SPDX-License-Identifier: GPL-2.0-only */
#define pipit_each(n, i) for ((i) = 0; (i) < (n); (i)++)

static int pipit_first(int n) { int i; pipit_each(n, i) return i; }} ) (
