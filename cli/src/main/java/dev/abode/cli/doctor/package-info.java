/** Looks at the host: what of it the engine needs, what is missing, and how to mend it. */
package dev.abode.cli.doctor;
