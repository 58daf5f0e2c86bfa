// Package acl reads and writes POSIX access control lists in the form in which
// the kernel keeps them, as extended attributes, and adds or removes one user.
// It is pure: nothing here touches a file.
//
// The form (linux/posix_acl_xattr.h) is a version, 2, in four bytes, then eight
// bytes for each entry: tag, permissions, and the number of a user or group;
// all little-endian on every machine. The numbers are those of the user
// namespace of whoever sets or gets the attribute.
package acl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Names of the attributes. Access is what holds for a file; Default is what new
// files in a folder begin with.
const (
	Access  = "system.posix_acl_access"
	Default = "system.posix_acl_default"
)

// Permissions of an entry.
const (
	Read  = 4
	Write = 2
	Exec  = 1
)

// Tag is the kind of an entry.
type Tag uint16

// The tags, in the order in which the kernel wants them.
const (
	UserObj  Tag = 0x01 // the file's owner
	User     Tag = 0x02 // the user ID
	GroupObj Tag = 0x04 // the file's group
	Group    Tag = 0x08 // the group ID
	Mask     Tag = 0x10 // bounds User, GroupObj and Group
	Other    Tag = 0x20
)

// named tells whether an entry of that kind has a number.
func (t Tag) named() bool { return t == User || t == Group }

// Entry is one line of a list.
type Entry struct {
	Tag  Tag
	Perm uint16 // of Read, Write and Exec
	ID   uint32 // only of User and Group
}

// List is a whole list, sorted as the kernel wants it.
type List []Entry

// ErrMalformed is returned for bytes that the kernel would not take either.
var ErrMalformed = errors.New("malformed access control list")

const (
	version   = 2
	headSize  = 4
	entrySize = 8
	undefined = ^uint32(0) // the number of entries that have none
)

// Decode reads the value of an attribute and sorts it: the kernel does not care
// about the order of the numbers. A list that lacks an entry that it must have,
// or has one twice, is malformed.
func Decode(b []byte) (List, error) {
	if len(b) < headSize || binary.LittleEndian.Uint32(b) != version || (len(b)-headSize)%entrySize != 0 {
		return nil, ErrMalformed
	}
	var l List
	for b = b[headSize:]; len(b) > 0; b = b[entrySize:] {
		e := Entry{Tag: Tag(binary.LittleEndian.Uint16(b)), Perm: binary.LittleEndian.Uint16(b[2:])}
		if e.Tag.named() {
			e.ID = binary.LittleEndian.Uint32(b[4:])
		}
		l = append(l, e)
	}
	slices.SortFunc(l, compare)
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, nil
}

// Encode renders the list as the value of an attribute.
func (l List) Encode() []byte {
	b := binary.LittleEndian.AppendUint32(nil, version)
	for _, e := range l {
		id := undefined
		if e.Tag.named() {
			id = e.ID
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(e.Tag))
		b = binary.LittleEndian.AppendUint16(b, e.Perm)
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	return b
}

// check is what the kernel asks of a sorted list (posix_acl_valid): the three
// classes of the mode once each, and a mask where anybody is named. That nobody
// is named twice is setfacl's rule; the first would count.
func (l List) check() error {
	count := map[Tag]int{}
	for i, e := range l {
		known := slices.Contains([]Tag{UserObj, User, GroupObj, Group, Mask, Other}, e.Tag)
		if !known || e.Perm > Read|Write|Exec || i > 0 && compare(l[i-1], e) >= 0 {
			return fmt.Errorf("%w: entry %d", ErrMalformed, i)
		}
		count[e.Tag]++
	}
	if count[UserObj] != 1 || count[GroupObj] != 1 || count[Other] != 1 {
		return fmt.Errorf("%w: a class of the mode is missing", ErrMalformed)
	}
	if count[Mask] > 1 || count[Mask] == 0 && count[User]+count[Group] > 0 {
		return fmt.Errorf("%w: the mask is missing", ErrMalformed)
	}
	return nil
}

func compare(a, b Entry) int {
	switch {
	case a.Tag != b.Tag:
		return int(a.Tag) - int(b.Tag)
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}
