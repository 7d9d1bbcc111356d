.global start
start:
	jmp main
// tiny: gives start
