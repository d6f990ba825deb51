/**
 * {@code abode compare}: the same image as a process, as a container and as a virtual machine, and
 * in other engines, measured on this machine in turns. It is a client of engines like any other:
 * all it knows of them is their API, and what the kernel shows of their processes.
 */
package dev.abode.cli.compare;
