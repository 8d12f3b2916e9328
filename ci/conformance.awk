# SPDX-License-Identifier: GPL-2.0-only
# Compares what the kernel's selftests said on each driver, as TAP in dir/DRIVER/*.tap: the table's rows
# are tests on a device, its columns the drivers named as arguments. The first one is what the others are
# held against: a case that passes there must pass everywhere the test was run. The gates must pass
# everywhere.

function read_tap(driver, file, program,    line, name)
{
	while ((getline line < file) > 0) {
		if (line !~ /^(not )?ok /)
			continue
		name = line
		sub(/^(not )?ok [0-9]+ *(- )?/, "", name)
		sub(/ *#.*/, "", name)
		if (!((program, name) in known)) {
			known[program, name] = 1
			cases[program] = cases[program] name "\n"
		}
		said[driver, program, name] = line ~ /^not / ? "failed" : line ~ /# SKIP/ ? "skipped" : "passed"
		count[driver, program, said[driver, program, name]]++
	}
	close(file)
}

# What a driver owes: the cases that pass on the first one, and all gates.
function owes(driver, program,    n, i, list, want, have, missing)
{
	n = split(cases[program], list, "\n")
	for (i = 1; i < n; i++) {
		want = said[reference, program, list[i]]
		have = said[driver, program, list[i]]
		if (program ~ /^gates/ && have == "skipped")
			continue
		if ((program ~ /^gates/ || want == "passed") && have != "passed") {
			missing++
			complaint = complaint sprintf("%s, %s: %s %s\n", driver, program, list[i],
				have ? have : "did not run")
		}
	}
	return missing
}

BEGIN {
	reference = ARGV[1]
	printf "\n%-44s", "selftest: passed+skipped of all"
	for (a = 1; a < ARGC; a++) {
		printf "  %-20s", ARGV[a]
		list = "ls " dir "/" ARGV[a] "/*.tap"
		while ((list | getline file) > 0) {
			program = file
			sub(/.*\//, "", program)
			sub(/(_test)?\.tap$/, "", program)
			if (!(program in cases)) {
				cases[program] = ""
				programs[++n_programs] = program
			}
			ran[ARGV[a], program] = 1
			read_tap(ARGV[a], file, program)
		}
		close(list)
	}
	printf "\n"
	for (p = 1; p <= n_programs; p++) {
		program = programs[p]
		printf "%-44s", program
		for (a = 1; a < ARGC; a++) {
			driver = ARGV[a]
			if (!((driver, program) in ran)) {
				printf "  %-20s", "-"
				continue
			}
			passed = count[driver, program, "passed"]
			skipped = count[driver, program, "skipped"]
			cell = sprintf("%d+%d of %d", passed, skipped, passed + skipped + count[driver, program, "failed"])
			missing = owes(driver, program)
			printf "  %-20s", cell (missing ? " MISSING " missing : "")
			all_missing += missing
			if (program !~ /^gates/)
				all[driver] += passed
		}
		printf "\n"
	}
	printf "%-44s", "passed"
	for (a = 1; a < ARGC; a++)
		printf "  %-20s", all[ARGV[a]]
	printf "\n%s", complaint
	if (!all[reference]) {
		print "nothing passed on " reference ", so nothing was compared: see " dir "/" reference
		exit 1
	}
	exit all_missing != 0
}
