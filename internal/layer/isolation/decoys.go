package isolation

import (
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// bait is a file that a thief would open, and that no honest program sends
// anywhere by itself, so that its text on its way out is a proof: a key that ssh
// only signs with, a profile of AWS that nobody chooses by accident, a password
// for a git host that does not exist, and settings in a place from which no tool
// loads any. What tools read and use on their own is none: ~/.netrc, ~/.npmrc,
// ~/.pypirc, the default profile, ~/.env.
type bait struct{ path, shape string }

func baits() []bait {
	return []bait{
		{"/.ssh/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n%r\n-----END OPENSSH PRIVATE KEY-----\n"},
		{"/.aws/credentials", "[prod-breakglass]\naws_access_key_id = AKIA%16k\naws_secret_access_key = %s\n"},
		{"/.git-credentials", "https://release-bot:ghp_%36s@github.corp.example\n"},
		{"/.env.production", "# copied here for the migration, to be removed after it\n" +
			"DATABASE_URL=postgres://app:%32s@db.prod.internal:5432/app\n" +
			"STRIPE_SECRET_KEY=sk_live_51%97s\n" +
			"NPM_TOKEN=npm_%36s\n"},
	}
}

// decoys lays them out. The real files are not in the view.
func (c *compiler) decoys() {
	for _, b := range baits() {
		c.add("decoy:~"+b.path, plan.Op{Decoy: &plan.Decoy{Path: Home + b.path, Shape: b.shape}}, host.Ability{OK: true}, byDefault)
		c.controls[len(c.controls)-1].Must = false
	}
}
