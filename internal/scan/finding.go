package scan

import (
	"cmp"
	"slices"
	"strings"
)

// Problems that an instruction file can have.
const (
	HiddenText  = "hidden-text"  // a person who reads the file does not see it
	Injected    = "injected"     // tells an agent to turn on its owner
	Contradicts = "contradicts"  // two rules say the opposite
	TooLarge    = "too-large"    // more than the tool loads
	OnlyAsks    = "only-asks"    // asks for what a layer enforces
	Blob        = "blob"         // text that nobody can read
	CarriesData = "carries-data" // a link that takes data with it
	Unreadable  = "unreadable"
)

// Finding is one thing that a person should know of a file.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"` // from 1; 0: the file as a whole
	Problem string `json:"problem"`
	Entry   string `json:"entry,omitempty"` // as it stands there, shortened, not escaped
	Why     string `json:"why"`
	Better  string `json:"better,omitempty"`
	Layer   string `json:"layer,omitempty"` // the layer that catches it, or enforces it
	// Advice tells that nothing is wrong: it does not count as a finding.
	Advice bool `json:"advice,omitempty"`
}

// Sort orders findings by file, line and problem.
func Sort(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Problem, b.Problem))
	})
}

// maxEach bounds how often one rule is looked for in a file: nobody reads more,
// and a file may be made to hold a million.
const maxEach = 100

// maxEntry bounds what a finding shows of a file, in bytes.
const maxEntry = 160

// excerpt is a text in one line and at most maxEntry bytes.
func excerpt(s string) string {
	if len(s) > 4*maxEntry {
		s = s[:4*maxEntry]
	}
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\uFFFD")
	if len(s) <= maxEntry {
		return s
	}
	end := maxEntry - len("...")
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end] + "..."
}
