package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// keyringTime is how long the keyring may take: it may ask its owner to unlock
// it.
const keyringTime = time.Minute

// keyringText asks the system's keyring: the Secret Service on Linux (the items
// of the login collection with the attributes service and username), the
// Keychain on macOS, the Credential Manager on Windows.
func keyringText(ctx context.Context, name string) (string, error) {
	service, account, _ := strings.Cut(name, "/")
	if !busThere() {
		return "", errors.New("no keyring answers here: there is no session bus")
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := keyring.Get(service, account)
		done <- answer{text, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, keyringTime)
	defer cancel()
	select {
	case a := <-done:
		return a.text, inWords(a.err, name)
	case <-ctx.Done():
		return "", errors.New("the keyring did not answer: is it locked?")
	}
}

func inWords(err error, name string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return errors.New("the keyring has no " + name)
	}
	return errors.New("no keyring answers here (" + err.Error() + ")")
}

// busThere: where there is no bus the library would start one, which would
// outlive the run.
func busThere() bool {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return true
	}
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	dir := fmt.Sprintf("/run/user/%d/", os.Getuid())
	return address != "" && address != "autolaunch:" || exists(dir+"bus") || exists(dir+"dbus-session")
}
