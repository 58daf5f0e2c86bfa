package stage

// Fate is what becomes of an entry: the policy's word for its class, or for a
// finding about it. An empty one is the default of its class.
type Fate string

// The fates, the stricter later.
const (
	ToApply  Fate = "apply"
	ToHold   Fate = "hold"   // kept for review
	ToReject Fate = "reject" // neither applied nor kept; the journal has its name, size and hash
)

// Applies tells whether the entry is to reach the project.
func (e Entry) Applies() bool {
	return e.Fate == ToApply || e.Fate == "" && e.Class == Ordinary
}

// Rejected tells whether the entry is not even kept.
func (e Entry) Rejected() bool { return e.Fate == ToReject }
