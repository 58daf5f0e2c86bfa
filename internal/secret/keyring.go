package secret

import (
	"context"
	"errors"
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
