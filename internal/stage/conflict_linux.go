package stage

import (
	"errors"

	"golang.org/x/sys/unix"
)

// conflict is why one entry cannot be applied while the others can.
type conflict struct{ why string }

func (c conflict) Error() string { return c.why }

// asConflict turns the errors that concern one path only into a conflict: the
// project is not what it was when it was read. All others end the attempt.
func asConflict(err error) error {
	var c conflict
	switch {
	case err == nil || errors.As(err, &c):
		return err
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ENOENT):
		return conflict{"its folder in the project is gone or was replaced"}
	case errors.Is(err, unix.EXDEV):
		return conflict{"another file system is mounted there"}
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return conflict{"the project does not permit it"}
	case errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.EISDIR):
		return conflict{"something was made there in the project meanwhile"}
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.ENAMETOOLONG), errors.Is(err, unix.EINVAL):
		return conflict{"the project's file system refuses it: " + err.Error()}
	}
	return err
}

// changed is the conflict with a person's own change.
func changed() conflict { return conflict{"changed in the project meanwhile"} }

func orConflict(err error, why string) error {
	if err != nil {
		return err
	}
	return conflict{why}
}
