package stage

import (
	"context"
	"fmt"

	"ringwall/internal/evidence"
)

// Drop removes held content by the owner's decision: at or below the given
// paths, or all. A record of what it was stays: names, sizes, hashes. A
// changeset that was kept whole is dropped whole. It returns how many entries
// that were, of a whole changeset 1.
func Drop(ctx context.Context, o Options, paths []Name, rec evidence.Recorder) (int, error) {
	t, err := openTree(o.Dirs.Iter)
	if err != nil {
		return 0, err
	}
	defer t.close()
	iter := &dir{t.fd}
	r, n, err := toDrop(iter, o, paths)
	if err != nil {
		return 0, fmt.Errorf("drop: %w", err)
	}
	gone := evidence.Dropped{Dropped: heldChanges(r.Dropped[len(r.Dropped)-n:]), Whole: r.Whole}
	if err := rec.Record(evidence.Event{Dropped: &gone}); err != nil {
		return 0, fmt.Errorf("record what is dropped: %w", err)
	}
	if err := o.step("record drop"); err != nil {
		return 0, err
	}
	if err := iter.writeJSON(droppedName, r); err != nil {
		return 0, fmt.Errorf("drop: %w", err)
	}
	if err := finishDrop(o, iter); err != nil {
		return 0, fmt.Errorf("drop: %w", err)
	}
	if r.Whole {
		n = 1
	}
	return n, ctx.Err()
}

// toDrop adds to the record of what was dropped, and tells how much.
func toDrop(iter *dir, o Options, paths []Name) (droppedRecord, int, error) {
	r := droppedRecord{Version: recordVersion}
	k, err := Look(o.Dirs.Iter)
	if err != nil {
		return r, 0, err
	}
	switch k.State {
	case KeptWhole:
		if len(paths) > 0 {
			return r, 0, orState(nil, "it was kept whole, and can be dropped only whole")
		}
		r.Whole, r.Why = true, k.Why
		return r, 0, nil
	case Applied, RolledBack:
	default:
		return r, 0, orState(nil, "it is "+string(k.State))
	}
	if _, err := iter.readJSON(droppedName, &r); err != nil {
		return r, 0, err
	}
	n := 0
	for _, h := range k.Held {
		if covers(paths, h.Path) {
			r.Dropped = append(r.Dropped, h)
			n++
		}
	}
	if n == 0 {
		return r, 0, ErrNoSuch
	}
	return r, n, nil
}

// finishDrop removes what the record says; what is gone already is no error.
func finishDrop(o Options, iter *dir) error {
	var r droppedRecord
	there, err := iter.readJSON(droppedName, &r)
	if err != nil || !there {
		return err
	}
	if r.Whole {
		if err := o.step("drop whole"); err != nil {
			return err
		}
		return iter.drop(workName, upperName)
	}
	held, err := (&tree{fd: iter.fd}).dir(heldName)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer held.close()
	for _, h := range r.Dropped {
		if err := o.dropOne(held, h.File); err != nil {
			return err
		}
	}
	return nil
}

func (o Options) dropOne(held *dir, name string) error {
	if name == "" {
		return nil
	}
	there, err := held.exists(name)
	if err != nil || !there {
		return err
	}
	if err := o.step("drop"); err != nil {
		return err
	}
	return held.removeAny(name)
}
