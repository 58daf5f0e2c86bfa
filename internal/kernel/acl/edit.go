package acl

import "slices"

// FromMode is the list that says the same as permission bits.
func FromMode(mode uint32) List {
	return List{{Tag: UserObj, Perm: uint16(mode>>6) & 7}, {Tag: GroupObj, Perm: uint16(mode>>3) & 7}, {Tag: Other, Perm: uint16(mode) & 7}}
}

// Minimal tells whether the list says no more than permission bits do: a file
// with such a list needs none.
func (l List) Minimal() bool { return len(l) == 3 }

// Mode is the permission bits that a file with the list shows. Where there is a
// mask, it stands in the group's place.
func (l List) Mode() uint32 {
	group := l.perm(GroupObj)
	if i := l.find(Mask, 0); i >= 0 {
		group = l[i].Perm
	}
	return uint32(l.perm(UserObj))<<6 | uint32(group)<<3 | uint32(l.perm(Other))
}

// Of is what the entry of a class of the mode grants: UserObj, GroupObj or
// Other, without the mask.
func (l List) Of(class Tag) uint16 { return l.perm(class) }

// Grants is what the list gives to a user by name, after the mask. ok is false
// where the user is not named.
func (l List) Grants(uid uint32) (perm uint16, ok bool) {
	i := l.find(User, uid)
	if i < 0 {
		return 0, false
	}
	return l[i].Perm & l.mask(), true
}

// Add returns the list with an entry for a user, in place of one that was
// there. The mask becomes the union of what it bounds, as setfacl does it, but
// nobody else gains by that: what an old mask had taken from an entry is taken
// from the entry itself.
func (l List) Add(uid uint32, perm uint16) List {
	bound := l.mask()
	out := List{{Tag: User, Perm: perm, ID: uid}}
	for _, e := range l {
		switch {
		case e.Tag == Mask || e.Tag == User && e.ID == uid:
			continue
		case e.Tag == GroupObj || e.Tag.named():
			e.Perm &= bound
		}
		out = append(out, e)
	}
	return out.masked()
}

// Remove returns the list without the entry for a user, the mask recomputed;
// where nobody is named any more there is none. A list that does not name the
// user comes back as it is.
func (l List) Remove(uid uint32) List {
	i := l.find(User, uid)
	if i < 0 {
		return l
	}
	bound := l.mask()
	out := slices.Delete(slices.Clone(l), i, i+1)
	out = slices.DeleteFunc(out, func(e Entry) bool { return e.Tag == Mask })
	for i, e := range out {
		if e.Tag == GroupObj || e.Tag.named() {
			out[i].Perm &= bound
		}
	}
	if out.Minimal() {
		return out
	}
	return out.masked()
}

// masked gives a list that has no mask the one that bounds nothing, and sorts.
func (l List) masked() List {
	m := Entry{Tag: Mask}
	for _, e := range l {
		if e.Tag == GroupObj || e.Tag.named() {
			m.Perm |= e.Perm
		}
	}
	l = append(l, m)
	slices.SortFunc(l, compare)
	return l
}

// mask is what bounds the named entries; everything where there is none.
func (l List) mask() uint16 {
	if i := l.find(Mask, 0); i >= 0 {
		return l[i].Perm
	}
	return Read | Write | Exec
}

func (l List) perm(t Tag) uint16 {
	if i := l.find(t, 0); i >= 0 {
		return l[i].Perm
	}
	return 0
}

func (l List) find(t Tag, id uint32) int {
	return slices.IndexFunc(l, func(e Entry) bool { return e.Tag == t && (!t.named() || e.ID == id) })
}
