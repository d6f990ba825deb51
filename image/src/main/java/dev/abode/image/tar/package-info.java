/**
 * The tar format: POSIX ustar and pax, and what GNU tar adds (long names, sparse files, base-256
 * numbers). Knows nothing of file systems or images.
 */
package dev.abode.image.tar;
