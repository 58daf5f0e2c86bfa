package stage

import (
	"context"
	"encoding/json"

	"golang.org/x/sys/unix"
)

// end writes the manifest of what is held and the mark that all is done. What
// follows the journal needs no wait for the disk where names change in their
// order: a power cut takes the mark before it takes a change, and then the
// journal says what is to be done again. Elsewhere the changed folders are
// synced before the mark.
func (a *applier) end(ctx context.Context) (Result, error) {
	res, err := a.result(ctx)
	if err != nil {
		return res, err
	}
	if !a.undo && !a.accept {
		if err := a.closeStage(res); err != nil {
			return res, err
		}
	}
	if err := a.syncProject(); err != nil {
		return res, err
	}
	if err := a.step("mark"); err != nil {
		return res, err
	}
	done := doneRecord{Version: recordVersion, Applied: res.Applied, Held: len(res.Held), Skipped: a.skipped()}
	if a.undo {
		done.Stayed = res.Held
	}
	if err := a.iter.writeMark(a.names.done, done); err != nil || a.undo || a.accept {
		return res, err
	}
	if err := a.step("remove"); err != nil {
		return res, err
	}
	return res, a.iter.drop(workName)
}

// closeStage writes the manifest and gives the upper directory the name of what
// it has become.
func (a *applier) closeStage(res Result) error {
	if len(res.Held) > 0 {
		if err := a.step("manifest"); err != nil {
			return err
		}
		if err := a.heldAt.writeJSON(manifest, heldRecord{recordVersion, res.Held}); err != nil {
			return err
		}
	}
	if err := a.step("before"); err != nil {
		return err
	}
	err := unix.Renameat2(a.iter.fd, upperName, a.iter.fd, beforeName, unix.RENAME_NOREPLACE)
	if err == unix.ENOENT {
		return nil // an earlier attempt has done it
	}
	return err
}

// skipped are the operations that changed nothing, and so are not undone.
func (a *applier) skipped() []int {
	var out []int
	for i := range a.log.ops {
		if n := a.log.ops[i].N; a.why[n] != "" || a.nothing[n] {
			out = append(out, n)
		}
	}
	return out
}

// syncProject makes the names in the touched folders durable, where the order
// of changes does not do it.
func (a *applier) syncProject() error {
	if a.inOrder && !a.copy {
		return nil
	}
	for rel := range a.touched {
		d, err := a.project.dir(rel)
		if err != nil {
			continue // gone with its parent, or closed by its own new mode
		}
		err = d.sync()
		d.close()
		if err != nil && err != unix.EACCES {
			return err
		}
	}
	return nil
}

// writeMark writes a record whose loss does no harm: it is not waited for, and
// one that is not whole counts as none.
func (d *dir) writeMark(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	fd, err := unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer (&dir{fd}).close()
	_, err = (&file{fd}).Write(b)
	return err
}

// done reads a transaction's mark; ok is false for none, or one that is not
// whole.
func (d *dir) done(name string) (r doneRecord, ok bool) {
	found, err := d.readJSON(name, &r)
	return r, found && err == nil && r.Version > 0
}
