// Package egresstest is a test network: a machine on which ringwall runs, and
// an internet that knows it, each in a network namespace of its own, joined by
// one wire. What a test proves about the way out is judged there, outside of
// the sandbox: did a packet, a connection, a question arrive? The client's own
// word is never needed.
//
// It needs no rights: an ordinary user gets a user namespace around it, root
// does without. Nothing outside is touched, and everything ends with the test.
//
// A package whose tests all need it runs whole in there:
//
//	func TestMain(m *testing.M) { os.Exit(egresstest.Main(m)) }
//
//	func TestAllowed(t *testing.T) {
//		net := egresstest.New(t)                   // the machine and its internet
//		site := net.Web("good.example", handler)  // 80 and 443, A and AAAA
//		box := net.Box(`allow = ["good.example"]`) // a project with this [network]
//		ran := box.Run("curl", "-sS", "https://good.example/")
//		// ran.Code, ran.Stdout, ran.Stderr, ran.Events; site.Requests(); net.DNS.Asked("")
//	}
//
// One that has such tests among others calls Keep first in its TestMain, and
// wraps the tests:
//
//	func TestMain(m *testing.M) { egresstest.Keep(); os.Exit(m.Run()) }
//
//	func TestX(t *testing.T) { egresstest.In(t, func(t *testing.T, net *egresstest.Net) { ... }) }
//
// The machine has the addresses OwnLAN, OwnPublic and their kin, the resolver
// Resolver, and sends everything else over the wire. The internet answers at
// every address but those in Silent, from which nothing ever comes. Listen and
// ListenPacket open sockets of the internet at any address, Dial connects from
// there to the machine. Listener.Accept and so on run in the test itself, so a
// server is ordinary Go, and the test can look into it.
//
// Attack, called first in TestMain through Keep or Main, makes the test program
// an attacker that needs nothing installed: box.Attack("say:93.184.216.34:80|GET
// / HTTP/1.0\r\n\r\n") makes raw attempts inside, net.Attack the same on the
// machine without a sandbox, which is the counterpart. The attempts are listed
// at Probes.
package egresstest
