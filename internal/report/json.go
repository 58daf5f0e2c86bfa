package report

import (
	"encoding/json"
	"fmt"
	"io"

	"ringwall/internal/evidence"
)

// JSON writes the run for programs, indented, as schema/report.schema.json
// describes it. Strings mean what the journal has; characters that could
// mislead a terminal are written as JSON escapes.
func JSON(w io.Writer, r Run) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = w.Write(append(evidence.EscapeJSON(b), '\n'))
	return err
}
