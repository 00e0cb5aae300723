# cmake -D FROM=file -D TO=file.inc -P embed_bytes.cmake: the bytes of a file as a C++ array's contents.
file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${TO} "${bytes}\n")
