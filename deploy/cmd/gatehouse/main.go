// Command gatehouse is the whole system in one binary: every module, and the commands
// that an operator needs.
package main

import (
	"github.com/gatehouse-auth/gatehouse/deploy/system"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

func main() { kit.Main(system.Program()) }
