# SPDX-License-Identifier: GPL-2.0-only
# Splits what the guest reports: lines of the guest's init start with a 0x01 character, the rest is the output of the
# program named last. Writes OUT/<program>.tap, and STATE/booted and STATE/finished; shows progress. The demo's output
# is shown as it is, and so is what a benchmark says besides its values. Each machine has gates: those of the second
# one get SUFFIX 2, and so on.

function finish_program()
{
	if (program == "")
		return
	close(file)
	if (mode == "bench") {
		printf "  %-7s %-20s %4d values (%.1f s)\n", "BENCH", program, values, seconds
		fflush()
		return
	}
	printf "  %-7s %-20s %3d passed", "TEST", program, passed
	if (skipped)
		printf ", %d skipped", skipped
	if (failed)
		printf ", %d FAILED", failed
	printf " (%.1f s)\n", seconds
	fflush()
}

BEGIN {
	system("rm -f '" state "/booted' '" state "/finished' '" state "/times'")
}

{ sub(/\r$/, "") }

/^\001booted/ { print $2 > (state "/booted"); close(state "/booted"); next }
/^\001finished/ { print $2 > (state "/finished"); close(state "/finished"); next }
/^\001start/ {
	program = $2 ($2 == "gates" ? suffix : "")
	file = out "/" program ".tap"
	passed = skipped = failed = values = 0
	printf "" > file
	next
}
/^\001trace/ {
	close(file)
	file = out "/" program ".trace"
	printf "" > file
	traced = 1
	next
}
/^\001end/ {
	if (traced)
		close(file)
	traced = 0
	file = out "/" program ".tap"
	if ($2 != 0 && !failed) {
		# A program that died must not pass because its plan happened to be complete.
		print "Bail out! status " $2 >> file
		failed++
	}
	seconds = $4 - $3
	print program, seconds > (state "/times")
	if (mode == "test" || mode == "bench")
		finish_program()
	close(file)
	program = ""
	next
}

{
	if (file != "")
		print >> file
	if (mode == "demo" || verbose == 1 || traced || (mode == "bench" && /^#/)) {
		print
		fflush()
	}
}
traced { next }
/^[a-z]+,/ { values++; next }
/^ok .*# SKIP/ { skipped++; next }
/^ok / { passed++ }
/^not ok / { failed++ }
