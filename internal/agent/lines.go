package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// MaxLine is the longest line of a structured output that is read, in bytes.
const MaxLine = 4 << 20

// Lines gives each line that is not empty to read, without its end. A line over
// MaxLine is skipped, and counted. It fails only when the reader does.
func Lines(r io.Reader, read func(line []byte)) (skipped int, err error) {
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		line, long, err := readLine(br)
		switch {
		case long:
			skipped++
		case len(bytes.TrimSpace(line)) > 0:
			read(line)
		}
		if errors.Is(err, io.EOF) {
			return skipped, nil
		}
		if err != nil {
			return skipped, err
		}
	}
}

// readLine returns the next line. A line over MaxLine is read to its end and
// reported as long.
func readLine(br *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		if long = long || len(line)+len(part) > MaxLine; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}
