package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"ringwall/internal/review"
)

// confirm shows what is about to be done and asks, unless the answer came with
// the command. Without a terminal there is nobody to ask.
func (e *env) confirm(lines []string, question string, yes bool) error {
	for _, l := range lines {
		for _, part := range review.Wrap(l, width) {
			fmt.Fprintln(e.out, part)
		}
	}
	if yes {
		return nil
	}
	if !term.IsTerminal(int(e.in.Fd())) {
		return usage(withHint("look at it with --diff or --dry-run, then say --yes", "there is no terminal to ask on"))
	}
	fmt.Fprintf(e.out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(io.LimitReader(e.in, 1000)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return exit(exitFindings, errors.New("nothing was done"))
	}
	return nil
}
