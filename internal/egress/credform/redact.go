package credform

import (
	"io"
	"strings"
)

// Redactor takes secrets out of what an upstream sends back, in every spelling
// that it may repeat them in, and puts the placeholder there. It is used by many
// at once.
type Redactor struct {
	search      *searcher
	placeholder string
}

// NewRedactor looks for all texts of the values but their accounts.
func NewRedactor(placeholder string, values ...Value) *Redactor {
	var words []string
	seen := map[string]bool{}
	for _, v := range values {
		for _, s := range []string{v.Secret, v.Token, v.ID} {
			if s != "" && !seen[s] {
				seen[s] = true
				words = append(words, spellings(s)...)
			}
		}
	}
	return &Redactor{newSearcher(words), placeholder}
}

// String is a text without secrets.
func (r *Redactor) String(s string) string {
	b := []byte(s)
	if r.search.skip(b) == len(b) {
		return s
	}
	p := pass{r: r}
	p.take(b)
	p.end()
	return string(p.out)
}

// Header takes secrets out of the values of headers, and headers out whose names
// hold one: their letters come in another case than they were sent in.
func (r *Redactor) Header(h map[string][]string) {
	for name, values := range h {
		if small := strings.ToLower(name); r.String(small) != small {
			delete(h, name)
			continue
		}
		for i, v := range values {
			values[i] = r.String(v)
		}
	}
}

// Reader is a stream without secrets. It holds back only bytes that may be the
// beginning of one, so events are not delayed. atEnd is called before the end,
// or the error, is told; it may be nil.
func (r *Redactor) Reader(src io.ReadCloser, atEnd func()) io.ReadCloser {
	return &reader{pass: pass{r: r}, src: src, atEnd: atEnd}
}
