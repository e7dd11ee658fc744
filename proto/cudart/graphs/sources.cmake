# The sources of graphs, for the software device and the shim.
file(GLOB FERRY_GRAPH_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cc")
