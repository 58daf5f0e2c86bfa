package egress

import (
	"fmt"
	"slices"
	"strings"
)

// A name below a pattern is chosen by whoever asks, so it can carry data to the
// servers of the pattern's name once a connection is made (NET-04). These
// bounds leave room for the names that services have.
const (
	maxBelowLabels = 5
	maxBelowBytes  = 80 // of all labels before the pattern's name
	maxBelowLabel  = 40
	plainLabel     = 24 // up to which a label is not looked at
)

// names lists the names that the policy writes out and does not deny, sorted,
// each once. Addresses are not names.
func (p Policy) names() []string {
	var out []string
	for d := range p.rules {
		_, isAddr := d.literal()
		_, denied := p.denial(d)
		if !isAddr && !denied {
			out = append(out, d.host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Resolves tells whether a name in canonical form gets an address inside, as
// far as the policy knows; if not, why may say more than that no rule names it.
func (p Policy) Resolves(name string) (ok bool, why string) {
	if _, written := slices.BinarySearch(p.names(), name); written {
		return true, ""
	}
	a := p.admit(name)
	return a.control != "" && a.refused == "", a.refused
}

// admit decides on a name that the policy does not write out.
func (p Policy) admit(name string) admission {
	for _, set := range p.wide {
		r := set[0]
		if !r.hosts.Has(name) {
			continue
		}
		if _, denied := p.denial(dest{name, r.port}); !denied {
			return admission{control: r.control, most: maxBelow, refused: belowName(name, r.hosts.Below())}
		}
	}
	if r, denied := p.denial(dest{host: name}); denied {
		return admission{refused: denies(r, dest{host: name})}
	}
	if p.learn && !strings.HasSuffix(name, toolSuffix) {
		return admission{control: ControlGateway, most: maxLearned}
	}
	return admission{}
}

// belowName says why a name below a pattern is not one that a service has.
func belowName(name, base string) string {
	front := strings.TrimSuffix(name, "."+base)
	const wayOut = ": names can carry data; write it out to allow it"
	switch labels := strings.Split(front, "."); {
	case len(labels) > maxBelowLabels:
		return fmt.Sprintf("more than %d labels below %s%s", maxBelowLabels, base, wayOut)
	case len(front) > maxBelowBytes:
		return fmt.Sprintf("more than %d characters below %s%s", maxBelowBytes, base, wayOut)
	case slices.ContainsFunc(labels, likeData):
		return fmt.Sprintf("a label below %s is too long or looks like data%s", base, wayOut)
	}
	return ""
}

// likeData tells a long label that is not made of words. Words are put together
// with dashes, have few digits and only at the end, and no long row of
// consonants. It is rough: what it takes wrongly the owner can write out.
func likeData(label string) bool {
	if len(label) > maxBelowLabel {
		return true
	}
	if len(label) <= plainLabel {
		return false
	}
	odd := 0
	for word := range strings.FieldsFuncSeq(label, func(r rune) bool { return r == '-' || r == '_' }) {
		inner := strings.TrimRight(word, "0123456789")
		mixed := strings.ContainsFunc(inner, isDigit)
		if len(word) > plainLabel || len(word)-len(inner) > 2 || mixed && len(word) > 4 || consonants(inner) > 4 {
			return true
		}
		if mixed { // "k8s", and not all of them
			odd++
		}
	}
	return odd > 1
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// consonants is the longest row of them.
func consonants(word string) int {
	row, most := 0, 0
	for i := range len(word) {
		if row++; strings.IndexByte("aeiouy0123456789", word[i]) >= 0 {
			row = 0
		}
		most = max(most, row)
	}
	return most
}
