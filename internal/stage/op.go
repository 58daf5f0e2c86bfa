package stage

// verb is what an operation does to one name. Beside the project stands a
// store: the upper directory, which gives what the agent made and takes what
// stood in the project before, at the same path.
type verb string

// The verbs.
const (
	moveIn     verb = "in"    // from the store, to where nothing is
	moveOut    verb = "out"   // to the store
	exchange   verb = "swap"  // one for the other
	setMode    verb = "mode"  // permission bits
	setAttrs   verb = "attrs" // a folder's attributes
	makeFolder verb = "mkdir" // a folder that is filled one by one
	dropFolder verb = "rmdir" // and its undoing
	keepBack   verb = "keep"  // not applied: to the held folder
	reject     verb = "reject"
	bring      verb = "bring" // accepted: from the held folder to the store
)

// op is one step of applying, and one line of its journal. A folder that is
// added or deleted whole is one. Carrying it out looks at which side holds which
// file, so that it can be cut short anywhere and begun again.
type op struct {
	N     int   `json:"n"`
	Do    verb  `json:"do"`
	Entry Entry `json:"entry"`
	// Put goes into the project, Take was there before; Absent where that side
	// has none. Marks say what lies in one that is a folder.
	Put       Stat  `json:"put,omitzero"`
	PutMarks  marks `json:"put_marks,omitempty"`
	Take      Stat  `json:"take,omitzero"`
	TakeMarks marks `json:"take_marks,omitempty"`
	// HeldFile is where accepted content lies in the held folder, of bring.
	HeldFile string `json:"held_file,omitempty"`
	Why      string `json:"why,omitempty"` // of keepBack: the conflict
}

func (o *op) path() string { return string(o.Entry.Path) }

// entries is how many entries of the changeset the operation stands for.
func (o *op) entries() int { return 1 + o.Entry.Below }

// inverse undoes the operation; ok is false where there is nothing to undo.
func (o op) inverse() (_ op, ok bool) {
	o.Put, o.Take = o.Take, o.Put
	o.PutMarks, o.TakeMarks = o.TakeMarks, o.PutMarks
	switch o.Do {
	case moveIn:
		o.Do = moveOut
	case moveOut:
		o.Do = moveIn
	case makeFolder:
		o.Do = dropFolder
	case dropFolder:
		o.Do, o.Entry.Mode, o.Entry.Mtime = makeFolder, o.Put.Mode, o.Put.Mtime
	case exchange, setMode, setAttrs:
	default:
		return o, false
	}
	if at := o.Entry.Attrs; at != nil {
		o.Entry.Attrs = &Pair{Old: at.New, New: at.Old}
	}
	return o, true
}

// stat is what an entry's file above is once it is dressed.
func (e *Entry) stat() Stat {
	s := e.above.stat
	s.Type, s.Mode, s.Ctime = e.Type, e.Mode, 0
	return s
}
