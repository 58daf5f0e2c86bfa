package policy

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// unit is the number of bytes that a size's unit stands for; 0: none such.
func unit(s string) int64 {
	switch s {
	case "B":
		return 1
	case "kB", "KB":
		return 1e3
	case "MB":
		return 1e6
	case "GB":
		return 1e9
	case "TB":
		return 1e12
	case "KiB":
		return 1 << 10
	case "MiB":
		return 1 << 20
	case "GiB":
		return 1 << 30
	case "TiB":
		return 1 << 40
	}
	return 0
}

// parseSize reads "4GiB". "4G" is refused because programs differ about what
// it means.
func parseSize(s string) (int64, error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	u := unit(strings.TrimSpace(s[digits:]))
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if u == 0 || err != nil {
		return 0, errors.New(`wants a size: a whole number and B, KiB, MiB, GiB, TiB (or kB, MB, GB, TB), such as "4GiB"`)
	}
	if n > math.MaxInt64/u {
		return 0, errors.New("is too large a size")
	}
	return n * u, nil
}

// maxDuration is far beyond any night alone; what is above is a slip.
const maxDuration = 365 * 24 * time.Hour

// parseDuration reads "45m" or "1h30m" into whole seconds.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, errors.New(`wants a time such as "90s", "45m" or "1h30m"`)
	case d <= 0:
		return 0, errors.New("must be longer than nothing: there is no run without a limit")
	case d%time.Second != 0:
		return 0, errors.New("wants whole seconds")
	case d > maxDuration:
		return 0, errors.New("is longer than a year")
	}
	return d, nil
}

// parseCost reads "20 USD" or "0.50 USD".
func parseCost(s string) (float64, error) {
	amount, ok := strings.CutSuffix(s, " USD")
	if !ok || strings.Trim(amount, "0123456789.") != "" {
		return 0, errors.New(`wants an amount such as "20 USD"`)
	}
	f, err := strconv.ParseFloat(amount, 64)
	switch {
	case err != nil:
		return 0, errors.New(`wants an amount such as "20 USD"`)
	case f <= 0 || f > 1e6:
		return 0, errors.New("wants an amount above 0 and not above 1000000 USD")
	}
	return f, nil
}

// parseCPUs turns a number of CPUs into thousandths.
func parseCPUs(f float64) (int64, error) {
	if !(f >= 0.01 && f <= 4096) { // not-a-number fails as well
		return 0, errors.New("wants a number of CPUs from 0.01 to 4096")
	}
	return int64(math.Round(f * 1000)), nil
}

// within checks a bound of a count.
func within(n, least, most int64) error {
	if n < least || n > most {
		return fmt.Errorf("wants a number from %d to %d", least, most)
	}
	return nil
}
