package seen

import (
	"bytes"
	"errors"
	"fmt"
)

// Marks of a note in a record.
const (
	markNote   = 0x40 // each: a zero byte ends the path
	markFollow = 1
	markWhole  = 2
)

func (n note) append(b []byte) []byte {
	s, mark := n.state.place(), byte(markNote)
	if n.follow {
		mark |= markFollow
	}
	if n.whole {
		s, mark = n.state, mark|markWhole
	}
	b = append(append(append(b, mark), n.path...), 0)
	return s.append(b)
}

// Recall returns what was made of what was seen, if all of it would be seen
// the same now. Otherwise the error says what first would not.
func Recall(record []byte, key string, env map[string]string) ([]byte, error) {
	body, ok := bytes.CutPrefix(record, []byte(format))
	if !ok || len(body) < 4 || !bytes.Equal(body[:4], sum(body[4:])) {
		return nil, errors.New("no record of this version")
	}
	u := Unpack(body[4:])
	if got := u.Text(); u.Bad() || got != key {
		return nil, errors.New("a record of something else")
	}
	for range u.Number() {
		if name, value := u.Text(), u.Text(); env[name] != value {
			return nil, fmt.Errorf("$%s differs", name)
		}
	}
	for range u.Number() {
		if err := u.same(); err != nil {
			return nil, err
		}
	}
	if u.Bad() {
		return nil, errDamaged
	}
	return u.b, nil
}

var errDamaged = errors.New("a damaged record")

// same looks again at what the next note is of.
func (u *Unpacker) same() error {
	end := bytes.IndexByte(u.b, 0)
	if end < 1 || u.b[0]&markNote == 0 || len(u.b) < end+1+stateSize {
		u.bad = true
		return errDamaged
	}
	mark, path := u.b[0], u.b[1:end+1]
	then := stateIn(u.b[end+1:])
	u.b = u.b[end+1+stateSize:]
	now := stateOf(path, mark&markFollow != 0)
	if mark&markWhole == 0 {
		now = now.place()
	}
	if now != then {
		return fmt.Errorf("%s differs", path[:len(path)-1])
	}
	return nil
}
