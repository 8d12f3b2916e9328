# SPDX-License-Identifier: GPL-2.0-only
# Splits what the guest reports: lines of the guest's init start with a 0x01 character, the rest is the output of the
# program named last. Writes OUT/<program>.tap, and STATE/booted and STATE/finished; shows progress. The demo's and the
# bench's output is shown as it is. Each machine has gates: those of the second one get SUFFIX 2, and so on.

function finish_program()
{
	if (program == "")
		return
	close(file)
	printf "  %-7s %-20s %3d passed", "TEST", program, passed
	if (skipped)
		printf ", %d skipped", skipped
	if (failed)
		printf ", %d FAILED", failed
	printf " (%.1f s)\n", seconds
	fflush()
}

BEGIN {
	system("rm -f '" state "/booted' '" state "/finished'")
}

{ sub(/\r$/, "") }

/^\001booted/ { print $2 > (state "/booted"); close(state "/booted"); next }
/^\001finished/ { print $2 > (state "/finished"); close(state "/finished"); next }
/^\001start/ {
	program = $2 ($2 == "gates" ? suffix : "")
	file = out "/" program ".tap"
	passed = skipped = failed = 0
	printf "" > file
	next
}
/^\001end/ {
	if ($2 != 0 && !failed) {
		# A program that died must not pass because its plan happened to be complete.
		print "Bail out! status " $2 >> file
		failed++
	}
	seconds = $3
	if (mode == "test")
		finish_program()
	close(file)
	program = ""
	next
}

{
	if (file != "")
		print >> file
	if (mode != "test" || verbose == 1) {
		print
		fflush()
	}
}
/^ok .*# SKIP/ { skipped++; next }
/^ok / { passed++ }
/^not ok / { failed++ }
