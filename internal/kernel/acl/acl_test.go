package acl

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func entry(t Tag, id uint32, perm uint16) Entry { return Entry{Tag: t, ID: id, Perm: perm} }

// setfacl is what `setfacl -m u:998:rw` made of a file of mode 0644, as
// getfattr shows it.
var setfacl = []byte("\x02\x00\x00\x00" +
	"\x01\x00\x06\x00\xff\xff\xff\xff" +
	"\x02\x00\x06\x00\xe6\x03\x00\x00" +
	"\x04\x00\x04\x00\xff\xff\xff\xff" +
	"\x10\x00\x06\x00\xff\xff\xff\xff" +
	"\x20\x00\x04\x00\xff\xff\xff\xff")

func TestKnownBytes(t *testing.T) {
	want := List{entry(UserObj, 0, 6), entry(User, 998, 6), entry(GroupObj, 0, 4), entry(Mask, 0, 6), entry(Other, 0, 4)}
	got, err := Decode(setfacl)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
	if !bytes.Equal(got.Encode(), setfacl) {
		t.Errorf("%x", got.Encode())
	}
	if made := FromMode(0o644).Add(998, Read|Write); !slices.Equal(made, want) {
		t.Errorf("added to 0644: %v", made)
	}
	if got.Mode() != 0o664 || !slices.Equal(got.Remove(998), FromMode(0o644)) {
		t.Errorf("mode %o, removed %v", got.Mode(), got.Remove(998))
	}
}

func TestDecodeRefuses(t *testing.T) {
	e := func(l ...Entry) []byte { return List(l).Encode() }
	u, g, o := entry(UserObj, 0, 7), entry(GroupObj, 0, 5), entry(Other, 0, 5)
	for name, b := range map[string][]byte{
		"nothing":          nil,
		"a version alone":  e(),
		"version 1":        append([]byte{1, 0, 0, 0}, setfacl[4:]...),
		"half an entry":    setfacl[:len(setfacl)-1],
		"no owner":         e(g, o),
		"no group":         e(u, o),
		"no others":        e(u, g),
		"owner twice":      e(u, u, g, o),
		"named, no mask":   e(u, entry(User, 5, 7), g, o),
		"a group, no mask": e(u, g, entry(Group, 5, 7), o),
		"two masks":        e(u, g, entry(Mask, 0, 7), entry(Mask, 0, 7), o),
		"named twice":      e(u, entry(User, 5, 7), entry(User, 5, 1), g, entry(Mask, 0, 7), o),
		"unknown tag":      e(u, entry(3, 0, 7), g, o),
		"unknown right":    e(u, g, entry(Other, 0, 8)),
	} {
		if l, err := Decode(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

// TestOrderOfNumbers: the kernel hands out what was set, in the order in which
// it was set.
func TestOrderOfNumbers(t *testing.T) {
	l := List{entry(UserObj, 0, 6), entry(User, 9, 6), entry(User, 3, 4), entry(GroupObj, 0, 4), entry(Mask, 0, 6), entry(Other, 0, 4)}
	got, err := Decode(l.Encode())
	if err != nil || got[1].ID != 3 || got[2].ID != 9 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAdd(t *testing.T) {
	// Somebody took the group's right to write with chmod: the mask bounds it,
	// and bob's too.
	narrow := List{entry(UserObj, 0, 6), entry(User, 5, 6), entry(GroupObj, 0, 6), entry(Mask, 0, 4), entry(Other, 0, 0)}
	for _, c := range []struct {
		name string
		from List
		perm uint16
		want List
	}{
		{"first", FromMode(0o755), 7,
			List{entry(UserObj, 0, 7), entry(User, 8, 7), entry(GroupObj, 0, 5), entry(Mask, 0, 7), entry(Other, 0, 5)}},
		{"private file", FromMode(0o600), 6,
			List{entry(UserObj, 0, 6), entry(User, 8, 6), entry(GroupObj, 0, 0), entry(Mask, 0, 6), entry(Other, 0, 0)}},
		{"again, with more", FromMode(0o644).Add(8, 4), 6, FromMode(0o644).Add(8, 6)},
		{"again, with less", FromMode(0o644).Add(8, 6), 4, FromMode(0o644).Add(8, 4)},
		{"nobody else gains", narrow, 6,
			List{entry(UserObj, 0, 6), entry(User, 5, 4), entry(User, 8, 6), entry(GroupObj, 0, 4), entry(Mask, 0, 6), entry(Other, 0, 0)}},
	} {
		got := c.from.Add(8, c.perm)
		if !slices.Equal(got, c.want) || got.check() != nil {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if perm, ok := got.Grants(8); !ok || perm != c.perm {
			t.Errorf("%s: grants %o", c.name, perm)
		}
	}
	if _, ok := narrow.Grants(8); ok {
		t.Error("a right that nobody gave")
	}
	if perm, _ := narrow.Grants(5); perm != Read {
		t.Errorf("the mask does not bound: %o", perm)
	}
}

func TestRemove(t *testing.T) {
	for mode := range uint32(0o1000) {
		if got := FromMode(mode).Add(8, 6).Remove(8); !slices.Equal(got, FromMode(mode)) {
			t.Errorf("%o comes back as %v", mode, got)
		}
	}
	other := FromMode(0o640).Add(5, 4)
	if got := other.Add(8, 7).Remove(8); !slices.Equal(got, other) {
		t.Errorf("what somebody else has: %v", got)
	}
	if got := other.Remove(8); !slices.Equal(got, other) {
		t.Errorf("nothing to remove: %v", got)
	}
	// chmod g-w after the entry was added bounds the mask; the right that was
	// taken does not come back with its end.
	closed := FromMode(0o664).Add(8, 6)
	closed[closed.find(Mask, 0)].Perm = Read
	if got := closed.Remove(8); got.Mode() != 0o644 {
		t.Errorf("mode %o", got.Mode())
	}
}

// FuzzDecode: what is taken stands for itself, and editing keeps it valid and
// gives nobody else a right.
func FuzzDecode(f *testing.F) {
	f.Add(setfacl, uint32(998), uint16(6))
	f.Add(FromMode(0o755).Encode(), uint32(0), uint16(7))
	f.Add([]byte{2, 0, 0, 0}, uint32(1), uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, uid uint32, perm uint16) {
		l, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(l.Encode())
		if err != nil || !slices.Equal(l, again) {
			t.Fatalf("%v is read as %v, %v", l, again, err)
		}
		added := l.Add(uid, perm&7)
		for _, made := range []List{added, added.Remove(uid)} {
			if err := made.check(); err != nil {
				t.Fatalf("%v: %v", made, err)
			}
			for _, e := range made {
				if e.Tag == User && e.ID != uid {
					now, _ := made.Grants(e.ID)
					if was, _ := l.Grants(e.ID); now != was {
						t.Fatalf("%d had %o and has %o", e.ID, was, now)
					}
				}
			}
		}
	})
}
