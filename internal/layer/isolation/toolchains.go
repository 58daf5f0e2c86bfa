package isolation

import "path/filepath"

// toolVariables are where programs look for the rest of their toolchain. Each
// names a folder, and is passed on where the view shows it.
var toolVariables = []string{"DOTNET_ROOT", "GOROOT", "JAVA_HOME", "PYENV_ROOT", "RUSTUP_HOME"}

// toolVariables adds those that the owner has set, and the one that a toolchain
// derives from the home, which is another one inside.
func (c *compiler) toolVariables(vars map[string]string) {
	for _, t := range c.host.Tools {
		if cargo := filepath.Dir(t); filepath.Base(cargo) == ".cargo" && c.visible(c.rustup(cargo)) {
			vars["RUSTUP_HOME"] = c.rustup(cargo)
		}
	}
	for _, name := range toolVariables {
		if dir := c.host.Env[name]; filepath.IsAbs(dir) && c.visible(filepath.Clean(dir)) {
			vars[name] = filepath.Clean(dir)
		}
	}
}

// rustup is where the toolchains lie that the programs in cargo's folder start.
func (c *compiler) rustup(cargo string) string {
	if dir := c.host.Env["RUSTUP_HOME"]; filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return filepath.Join(filepath.Dir(cargo), ".rustup")
}
