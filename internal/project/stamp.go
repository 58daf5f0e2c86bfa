package project

// stamp is what the kernel says of a file or folder without reading it. While
// it stays the same, so does the content: the last two change with every write,
// and no program sets the second.
type stamp struct {
	dev, ino     uint64
	size         int64
	mtime, ctime int64 // nanoseconds
}

// Margins: what changed so shortly before it was looked at may change again
// within the same tick of the file system's clock, and a file through a mapping
// until the kernel writes it back. Such a stamp proves nothing later.
const (
	folderMargin = 2e9  // nanoseconds
	fileMargin   = 60e9 // nanoseconds
)

// settled tells whether the stamp was old enough when the search began. A time
// in the future is not.
func (s stamp) settled(began int64, margin int64) bool {
	return s.ino != 0 && s.mtime < began-margin && s.ctime < began-margin
}
