/**
 * The command line: options, operands and help, with the rules Docker's command follows (those of
 * Go's pflag).
 *
 * <p>Our own because of start-up: with one subcommand registered programmatically, and an AOT
 * cache, picocli 4.7 took 64 ms of a budget of 80.
 */
package dev.abode.cli.arguments;
