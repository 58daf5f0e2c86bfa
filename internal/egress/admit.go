package egress

import (
	"fmt"
	"math"
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
	for _, r := range p.wide {
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

// likeData tells a long label that is not made of words. Words have few digits,
// vowels in their places, and are put together with dashes.
func likeData(label string) bool {
	if len(label) > maxBelowLabel {
		return true
	}
	if len(label) <= plainLabel {
		return false
	}
	for word := range strings.FieldsFuncSeq(label, func(r rune) bool { return r == '-' || r == '_' }) {
		if len(word) > plainLabel {
			return true
		}
	}
	letters := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, label)
	digits := len(letters) - len(strings.Trim(letters, "0123456789")) // only at the ends: "eu-west-1"
	inner := strings.Count(strings.Map(digitMark, letters), "0") - digits
	return inner > len(letters)/8 || entropy(letters) > 3.9
}

func digitMark(r rune) rune {
	if '0' <= r && r <= '9' {
		return '0'
	}
	return 'a'
}

// entropy is Shannon's, in bits for each character.
func entropy(s string) float64 {
	var count [256]int
	for i := range len(s) {
		count[s[i]]++
	}
	var bits float64
	for _, n := range count {
		if n > 0 {
			share := float64(n) / float64(len(s))
			bits -= share * math.Log2(share)
		}
	}
	return bits
}
