# SPDX-License-Identifier: GPL-2.0-only
# Renames the template's driver in one of its files: variables name, id (1234:abcd), mail and year; author is in
# the environment.
# What is aligned to an open parenthesis stays so, though the text before it gets longer.

# Copyright, ids, then the name: as an identifier in C, as a word elsewhere.
function renamed(text)
{
	gsub(/Copyright \(C\) 2026 The vfio-pci SDK authors/, "Copyright (C) " year " " author, text)
	gsub(/MODULE_AUTHOR\("The vfio-pci SDK authors"\)/, "MODULE_AUTHOR(\"" quoted " <" mail ">\")", text)
	gsub(/0x1234, 0x11e8/, "0x" vendor ", 0x" device, text)
	gsub(/VENDOR_TYPE \| 0x1234/, "VENDOR_TYPE | 0x" vendor, text)
	gsub(/1234:11e8/, id, text)
	gsub(/edu-vfio-pci/, name "-vfio-pci", text)
	gsub(/edu device/, name " device", text)
	gsub(/"edu"/, "\"" name "\"", text)
	gsub(/EDU/, toupper(ident), text)
	gsub(/edu/, code ? ident : name, text)
	return text
}

function columns(text,    i, n)
{
	for (i = 1; i <= length(text); i++)
		n += substr(text, i, 1) == "\t" ? 8 - n % 8 : 1
	return n + 0
}

function indent(text)
{
	match(text, /^[ \t]*/)
	return substr(text, 1, RLENGTH)
}

function blanks(n,    text)
{
	for (; n >= 8; n -= 8)
		text = text "\t"
	return text sprintf("%*s", n, "")
}

# The column after each open parenthesis, on a stack.
function scan(text, stack, depth,    i, c)
{
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "(")
			stack[++depth] = columns(substr(text, 1, i))
		else if (c == ")" && depth)
			depth--
	}
	return depth
}

BEGIN {
	ident = name
	gsub(/-/, "_", ident)
	split(id, part, ":")
	vendor = part[1]
	device = part[2]
	# In a string of C, and then in a replacement, where a & would stand for what was matched.
	quoted = ENVIRON["author"]
	gsub(/["\\]/, "\\\\&", quoted)
	gsub(/[\\&]/, "\\\\&", quoted)
	author = ENVIRON["author"]
	gsub(/[\\&]/, "\\\\&", author)
}

FNR == 1 { code = FILENAME ~ /\.[ch]$/; depth = 0 }

{
	text = renamed($0)
	if (code && depth && columns(indent($0)) == was[depth])
		text = blanks(is[depth]) substr(text, length(indent(text)) + 1)
	print text
	if (code && $0 !~ /^[ \t]*\/?\*/) {
		scan($0, was, depth)
		depth = scan(text, is, depth)
	}
}
