// Testsum counts the results of a test run. It reads what "go test -json" wrote
// and a list of other checks, prints what failed and what was skipped and why,
// and ends with one line of three numbers.
//
//	testsum checks.tsv root=e2e-root.json user=e2e-user.json
//
// An argument LABEL=FILE holds test events; LABEL is put before their names. An
// argument without a label holds one check a line: pass, fail or skip, its
// name, and a reason, with tabs between them.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	failed, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

// run reads the files and prints the summary. It tells whether the run as a
// whole failed.
func run(args []string, out io.Writer) (bool, error) {
	var s summary
	for _, arg := range args {
		if err := s.addFile(arg); err != nil {
			return true, err
		}
	}
	s.print(out)
	return s.bad(), nil
}

// addFile adds the results of one argument.
func (s *summary) addFile(arg string) error {
	label, path, isEvents := strings.Cut(arg, "=")
	if !isEvents {
		path = arg
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if isEvents {
		err = s.addEvents(label, file)
	} else {
		err = s.addChecks(file)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// summary collects results.
type summary struct {
	passed  int
	failed  []result
	skipped []result
}

// result is one check that did not pass.
type result struct {
	name string
	why  string // may have several lines
}

// bad tells whether the run failed. A run in which nothing passed did not run.
func (s *summary) bad() bool { return len(s.failed) > 0 || s.passed == 0 }

// addChecks reads the list of checks.
func (s *summary) addChecks(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		kind, rest, _ := strings.Cut(lines.Text(), "\t")
		name, why, _ := strings.Cut(rest, "\t")
		switch kind {
		case "pass":
			s.passed++
		case "fail":
			s.failed = append(s.failed, result{name, why})
		case "skip":
			s.skipped = append(s.skipped, result{name, why})
		default:
			return fmt.Errorf("%q is not pass, fail or skip", kind)
		}
	}
	return lines.Err()
}

// print writes the summary; its last line is the result.
func (s *summary) print(out io.Writer) {
	for _, r := range s.skipped {
		fmt.Fprintf(out, "skipped: %s: %s\n", r.name, strings.Join(strings.Fields(r.why), " "))
	}
	for _, r := range s.failed {
		fmt.Fprintf(out, "FAILED: %s\n", r.name)
		for _, line := range strings.Split(strings.TrimRight(r.why, "\n"), "\n") {
			fmt.Fprintf(out, "    %s\n", line)
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", s.passed, len(s.failed), len(s.skipped))
}
