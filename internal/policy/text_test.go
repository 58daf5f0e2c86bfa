package policy

import "encoding/json"

// asText is a policy as one comparable text.
func asText(p Policy) string {
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}
