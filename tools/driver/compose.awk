# SPDX-License-Identifier: GPL-2.0-only
# Usage: awk -f compose.awk PART... SKELETON
#
# A file of a driver: the skeleton with the sections of the parts in their places. In a part, a section begins after a
# line "@@ NAME", and what comes before the first one is left out. In the skeleton
#
#   @@ NAME          stands for the sections of that name; where a blank line precedes it, with one between them
#   @@ sorted NAME   likewise, together with the lines up to the next blank one, sorted, each of them once
#   @@ if NAME       what follows, up to @@ end, is kept if a part has a section of that name

function say(text)
{
	if (text != "" || last != "" || !said)
		print text
	last = text
	said = 1
}

function sections(name, blank,    i, k, line, lines)
{
	for (i = 1; i <= count[name]; i++) {
		if (blank && i > 1)
			say("")
		lines = split(text[name, i], line, "\n")
		for (k = 1; k < lines; k++)
			say(line[k])
	}
}

function sort_block(    i, k, line)
{
	for (i = 2; i <= lines_in_block; i++) {
		line = block[i]
		for (k = i - 1; k && block[k] > line; k--)
			block[k + 1] = block[k]
		block[k + 1] = line
	}
	for (i = 1; i <= lines_in_block; i++)
		if (i == 1 || block[i] != block[i - 1])
			say(block[i])
	lines_in_block = 0
}

# Parts.
FILENAME != ARGV[ARGC - 1] {
	if (FNR == 1)
		name = ""
	if ($1 == "@@") {
		name = $2
		count[name]++
	} else if (name != "") {
		text[name, count[name]] = text[name, count[name]] $0 "\n"
	}
	next
}

# The skeleton.
$1 == "@@" && $2 == "if" { dropping = !count[$3]; next }
$1 == "@@" && $2 == "end" { dropping = 0; next }
dropping { next }
$1 == "@@" && $2 == "sorted" {
	sorting = 1
	for (i = 1; i <= count[$3]; i++) {
		lines = split(text[$3, i], line, "\n")
		for (k = 1; k < lines; k++)
			block[++lines_in_block] = line[k]
	}
	next
}
sorting && $0 != "" { block[++lines_in_block] = $0; next }
sorting { sort_block(); sorting = 0 }
$1 == "@@" { sections($2, last == ""); next }
{ say($0) }
