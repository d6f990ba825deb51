/** What a volume is made of: folders, disks in files, file systems mounted while in use. */
package dev.abode.engine.volume;
