package jsonedit

// tooDeep finds the first bracket below MaxDepth others. It runs before the
// parser, which recurses without a bound. Where the text is broken it may
// count wrongly, but never less than the parser descends: a bracket in a string
// or a comment is all that it leaves out.
func tooDeep(text []byte) (at int, deep bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			if depth++; depth > MaxDepth {
				return i, true
			}
		case '}', ']':
			depth--
		case '"':
			i = stringEnd(text, i)
		case '/':
			i = commentEnd(text, i)
		}
	}
	return 0, false
}

// stringEnd is the offset of the quote that ends the string at i.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// commentEnd is the offset of the last byte of the comment at i, or i where
// there is none.
func commentEnd(text []byte, i int) int {
	if i+1 >= len(text) {
		return i
	}
	switch text[i+1] {
	case '/':
		for i < len(text) && text[i] != '\n' {
			i++
		}
	case '*':
		for i += 2; i+1 < len(text) && (text[i] != '*' || text[i+1] != '/'); i++ {
		}
		i++
	}
	return i
}
