/** Trees of the host as tar streams, which is how files travel over the API. */
@NullMarked
package dev.abode.cli.tar;

import org.jspecify.annotations.NullMarked;
